// A floor plan: the picture in its own pixels, marks that are set by a click and moved by dragging.
(() => {
  const box = document.querySelector("#plan-map");
  if (!box) return;
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const status = document.querySelector("#plan-status");
  const rows = document.querySelector("#mark-rows");
  const width = Number(box.dataset.width);
  const height = Number(box.dataset.height);
  const say = (text) => status && (status.textContent = text);
  const shown = new Map();

  // Pixels count from the upper left corner; Leaflet's simple plane counts upwards.
  const toMap = ([x, y]) => [height - y, x];
  const toPixels = ({ lat, lng }) => [Math.round(lng), Math.round(height - lat)];

  const map = L.map(box, { crs: L.CRS.Simple, minZoom: -4, maxZoom: 3, zoomSnap: 0.25 });
  map.attributionControl.setPrefix(false);
  const bounds = [[0, 0], [height, width]];
  L.imageOverlay(box.dataset.image, bounds).addTo(map);
  map.fitBounds(bounds);

  const escape = (text) => {
    const node = document.createElement("span");
    node.textContent = text;
    return node.innerHTML;
  };

  async function send(url, method, values) {
    const options = { method, headers: { "X-CSRFToken": token } };
    if (values) options.body = new URLSearchParams(values);
    const reply = await fetch(url, options).catch(() => null);
    if (!reply) return { error: "the portal did not answer" };
    if (reply.status === 204) return {};
    const answer = await reply.json().catch(() => ({ error: "the portal refused" }));
    if (answer.error && typeof answer.error === "object") {
      answer.error = Object.values(answer.error).flat().map((each) => each.message).join(" ");
    }
    return answer;
  }

  function draw(mark) {
    const name = escape(mark.label);
    let layer;
    if (mark.points.length === 1) {
      const icon = L.divIcon({ html: `<i></i><b>${name}</b>`, className: `plan-mark kind-${mark.kind}`, iconSize: null });
      layer = L.marker(toMap(mark.points[0]), { icon, draggable: Boolean(box.dataset.editable), title: mark.label });
      let from = null;
      layer.on("dragstart", () => (from = layer.getLatLng()));
      layer.on("dragend", async () => {
        const points = JSON.stringify([toPixels(layer.getLatLng())]);
        const answer = await send(`${box.dataset.marks}${mark.id}/`, "POST", { points });
        if (answer.error) layer.setLatLng(from);
        say(answer.error ? `Not moved: ${answer.error}` : `${mark.label} moved.`);
      });
    } else {
      layer = L.polygon(mark.points.map(toMap), { className: "plan-outline" }).bindTooltip(name);
    }
    shown.set(String(mark.id), layer.addTo(map));
  }

  function list(mark) {
    const name = escape(mark.label);
    rows.insertAdjacentHTML(
      "beforeend",
      `<tr data-mark="${mark.id}"><td><a href="${escape(mark.url)}">${name}</a></td><td class="text-end"><button class="btn btn-sm btn-ghost-danger" type="button" data-unmark="${mark.id}" aria-label="Remove the mark of ${name.replaceAll('"', "&quot;")}">Remove</button></td></tr>`,
    );
  }

  JSON.parse(document.querySelector("#marks").textContent).forEach(draw);

  const choices = [...document.querySelectorAll("select[data-kind]")];

  async function mark(at) {
    const chosen = choices.find((each) => each.value);
    if (!chosen) return say("Choose first what stands there.");
    const points = JSON.stringify([toPixels(at)]);
    const answer = await send(box.dataset.marks, "POST", { [chosen.dataset.kind]: chosen.value, points });
    if (answer.error) return say(`Not marked: ${answer.error}`);
    draw(answer);
    list(answer);
    chosen.tomselect?.clear();
    say(`${answer.label} marked.`);
  }

  if (box.dataset.editable) map.on("click", (event) => mark(event.latlng));
  document.querySelector("#mark-middle")?.addEventListener("click", () => mark(map.getCenter()));

  // One thing is marked at a time: choosing another kind takes the first choice back.
  document.addEventListener("change", (event) => {
    if (!choices.includes(event.target) || !event.target.value) return;
    choices.filter((each) => each !== event.target).forEach((each) => each.tomselect?.clear(true));
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-unmark]");
    if (!button) return;
    const key = button.dataset.unmark;
    const answer = await send(`${box.dataset.marks}${key}/`, "DELETE");
    if (answer.error) return say(`Not removed: ${answer.error}`);
    shown.get(key)?.remove();
    document.querySelector(`tr[data-mark="${key}"]`)?.remove();
  });
})();
