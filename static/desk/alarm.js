/* The alarm: sounds while a call waits, and says so when the browser does not let it. */
"use strict";
(() => {
  const audio = document.getElementById("alarm");
  const unblock = document.getElementById("unblock");
  const test = document.getElementById("sound");
  let wanted = false;

  function blocked(is) {
    unblock.hidden = !is;
    test.hidden = is;
  }

  // Browsers play nothing before the page was clicked once; a silent attempt tells whether that is so.
  async function probe() {
    if (wanted) return sound(true);
    audio.volume = 0;
    try {
      await audio.play();
      blocked(false);
      if (!wanted) audio.pause();
    } catch {
      blocked(true);
    }
  }

  async function sound(on) {
    wanted = on;
    if (!on) {
      audio.pause();
      audio.currentTime = 0;
      return;
    }
    audio.volume = 1;
    if (!audio.paused) return;
    try {
      await audio.play();
      blocked(false);
    } catch {
      blocked(true);
    }
  }

  unblock.addEventListener("click", probe);
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => unblock.hidden || probe());
  }
  test.addEventListener("click", async () => {
    if (wanted) return;
    audio.volume = 1;
    await audio.play();
    setTimeout(() => wanted || sound(false), 2000);
  });
  window.deskAlarm = sound;
  probe();
})();
