// Light or dark before the first paint: the person's choice, else what the system prefers.
(() => {
  const root = document.documentElement;
  const kept = "e911portal.theme"; // the stock admin keeps values of its own under "theme"
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem(kept);
  const apply = () => {
    root.dataset.bsTheme = chosen() || (system.matches ? "dark" : "light");
  };
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#theme")) return;
    localStorage.setItem(kept, root.dataset.bsTheme === "dark" ? "light" : "dark");
    apply();
  });
})();
