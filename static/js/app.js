// What pages do beyond plain HTML: shortcuts, searching choices, inline rows, quieter filter URLs.
(() => {
  // ------------------------------------------------------------ keyboard: / searches, g s opens sites
  let pending = "";
  const isTyping = (node) => node.matches("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      (document.querySelector("#id_q") || document.querySelector("#everything"))?.focus();
      return;
    }
    const link = document.querySelector(`[data-key="${CSS.escape(pending + event.key)}"]`);
    if (link) {
      location.href = link.href;
    }
    pending = event.key === "g" ? "g " : "";
  });

  // ------------------------------------------------------------ choices found by typing
  function searchable(select) {
    if (select.tomselect) return;
    const narrower = select.form?.elements[select.dataset.dependsOn];
    const chooser = new TomSelect(select, {
      maxOptions: 50,
      preload: "focus",
      valueField: "value",
      labelField: "text",
      searchField: [],
      sortField: [],
      load(query, done) {
        const url = new URL(select.dataset.optionsUrl, location.href);
        if (query) url.searchParams.set("q", query);
        if (narrower?.value) url.searchParams.set(select.dataset.dependsOn, narrower.value);
        fetch(url, { headers: { Accept: "application/json" } })
          .then((reply) => reply.json())
          .then((found) => {
            chooser.clearOptions();
            done(found.options);
          })
          .catch(() => done());
      },
      shouldLoad: () => true,
      onItemAdd() {
        this.setTextboxValue("");
        this.blur();
      },
    });
    narrower?.addEventListener("change", () => {
      chooser.clear();
      chooser.clearOptions();
      chooser.load("");
    });
  }

  // ------------------------------------------------------------ rows edited with their parent
  const rowsOf = (set) => [...set.querySelectorAll(".inline-rows > .inline-row")];

  function renumber(set) {
    const name = set.dataset.ordered;
    if (!name) return;
    rowsOf(set).forEach((row, place) => {
      row.querySelector(`[name$="-${name}"]`).value = place;
    });
  }

  function add(set) {
    const total = set.querySelector(`[name="${set.dataset.prefix}-TOTAL_FORMS"]`);
    const html = set.querySelector("template").innerHTML.replaceAll("__prefix__", total.value);
    const rows = set.querySelector(".inline-rows");
    rows.insertAdjacentHTML("beforeend", html);
    total.value = Number(total.value) + 1;
    enhance(rows.lastElementChild);
    renumber(set);
    rows.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  function move(row, by) {
    const set = row.closest(".inline-set");
    const rows = rowsOf(set);
    const other = rows[rows.indexOf(row) + by];
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    renumber(set);
  }

  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-move]");
    if (mover) {
      move(mover.closest(".inline-row"), Number(mover.dataset.move));
      mover.focus();
    }
    const adder = event.target.closest("[data-add]");
    if (adder) add(adder.closest(".inline-set"));
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard?.writeText(document.querySelector(copier.dataset.copy).textContent.trim());
    }
  });

  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (!grip) return;
    dragged = grip.closest(".inline-row");
    dragged.classList.add("dragged");
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest(".inline-row");
    if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  document.addEventListener("pointerup", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    renumber(dragged.closest(".inline-set"));
    dragged = null;
  });

  // ------------------------------------------------------------ start
  function enhance(root) {
    root.querySelectorAll("select[data-options-url]").forEach((select) => {
      if (!select.closest("template")) searchable(select);
    });
  }
  enhance(document);
  document.body.addEventListener("htmx:afterSwap", (event) => enhance(event.detail.target));
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const [name, value] of Object.entries(event.detail.parameters)) {
      if (value === "" || value === "unknown") delete event.detail.parameters[name];
    }
  });
  document.querySelector("#errors")?.focus();
})();
