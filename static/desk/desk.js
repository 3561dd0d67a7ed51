/* The security desk: follows /desk/stream, keeps the cards in order and the timers running. */
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk.dataset.stream) return;
  const SILENCE_MS = 15000; // the server's heart beats every 5 s
  const AGAIN_MS = 3000;
  const [calls, quiet, past, lost, live] =
    ["calls", "quiet", "past", "lost", "live"].map((id) => document.getElementById(id));
  const title = document.title;
  let last = desk.dataset.last;
  let heardAt = Date.now();
  let triedAt = heardAt;
  let ahead = desk.dataset.now * 1000 - Date.now(); // of the server's clock
  let source;

  const twoDigits = (number) => String(number).padStart(2, "0");
  const timeOfDay = (date) => [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");

  function elapsed(seconds) {
    const hours = Math.floor(seconds / 3600);
    const rest = `${twoDigits(Math.floor((seconds % 3600) / 60))}:${twoDigits(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  function say(text) {
    document.getElementById("say").textContent = text;
  }

  function heard() {
    heardAt = Date.now();
    if (!lost.hidden) say("The connection is back.");
    lost.hidden = true;
    live.dataset.state = "live";
    live.lastElementChild.textContent = "Live";
  }

  function losing() {
    if (!lost.hidden) return;
    const since = timeOfDay(new Date(heardAt));
    document.getElementById("lost-since").textContent = since;
    lost.hidden = false;
    live.dataset.state = "lost";
    live.lastElementChild.textContent = "Not connected";
    say(`Connection lost since ${since}. New calls are not shown.`);
  }

  function connect() {
    source?.close();
    triedAt = Date.now();
    source = new EventSource(`${desk.dataset.stream}?after=${last}`);
    source.addEventListener("beat", (event) => {
      ahead = event.data * 1000 - Date.now();
      heard();
    });
    source.addEventListener("call", (event) => {
      last = event.lastEventId;
      heard();
      show(JSON.parse(event.data));
    });
    source.addEventListener("reload", () => location.reload());
    source.addEventListener("error", () => {
      losing();
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MS);
    });
  }

  function show(change) {
    const old = document.getElementById(`call-${change.call}`);
    if (change.open) {
      const holder = document.createElement("template");
      holder.innerHTML = change.html.trim();
      const card = holder.content.firstElementChild;
      prepare(card, old);
      old ? old.replaceWith(card) : calls.append(card);
      if (old?.typing) card.querySelector(`[name=${old.typing}]`)?.focus();
      if (!old) say(change.say);
    } else {
      old?.remove();
      past.querySelector(`[data-past="${change.call}"]`)?.remove();
      past.querySelector("ul").insertAdjacentHTML("afterbegin", change.row);
    }
    arrange();
  }

  // A card from the stream is the same for everybody; what somebody has begun to type stays.
  function prepare(card, old) {
    const form = card.querySelector("form");
    if (old) {
      old.typing = old.contains(document.activeElement) ? document.activeElement.name : "";
      if (old.querySelector("details")?.open && card.querySelector("details")) card.querySelector("details").open = true;
    }
    if (!form) return;
    const typed = old?.querySelector("form");
    form.csrfmiddlewaretoken.value = desk.dataset.token;
    form.elements.name.value = typed?.elements.name.value || desk.dataset.person;
    form.elements.note.value = typed?.elements.note.value || "";
  }

  function arrange() {
    const cards = [...calls.children];
    const sorted = [...cards].sort((a, b) => a.dataset.rank - b.dataset.rank || a.dataset.since - b.dataset.since);
    if (sorted.some((card, place) => card !== cards[place])) {
      const focused = document.activeElement;
      calls.append(...sorted);
      focused?.focus({ preventScroll: true });
    }
    quiet.hidden = cards.length > 0;
    past.hidden = !past.querySelector("li");
    const waiting = calls.querySelectorAll('[data-rank="0"]').length;
    document.title = waiting ? `(${waiting}) CALL · ${title}` : title;
    window.deskAlarm(calls.querySelector("[data-sounds]") !== null);
  }

  calls.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    button.disabled = true;
    let error = "The portal does not answer. Try again.";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(8000),
      });
      const change = await answer.json();
      error = change.error;
      if (answer.status !== 422) return show(change);
    } catch { /* said below */ }
    button.disabled = false;
    const message = form.querySelector(".call-error");
    message.textContent = `Not acknowledged. ${error}`;
    message.hidden = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select")) return;
    calls.querySelector("[data-sounds] form button")?.focus();
  });

  function tick() {
    const now = Date.now();
    const seconds = Math.floor((now + ahead) / 1000);
    document.getElementById("clock").textContent = timeOfDay(new Date(now + ahead));
    for (const timer of desk.querySelectorAll("[data-timer]")) {
      timer.textContent = elapsed(Math.max(0, (timer.dataset.until || seconds) - timer.dataset.timer));
    }
    const over = [...calls.querySelectorAll("[data-expires]")].filter((card) => card.dataset.expires < seconds);
    over.forEach((card) => card.remove());
    if (over.length) arrange();
    if (now - heardAt > SILENCE_MS) losing();
    if (now - Math.max(heardAt, triedAt) > SILENCE_MS) connect(); // open but silent: a dead one
  }

  setInterval(tick, 1000);
  tick();
  arrange();
  connect();
})();
