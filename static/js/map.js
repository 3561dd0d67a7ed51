// The site map: outlines from the bundled atlases, sites as labelled marks that can be dragged.
(async () => {
  const box = document.querySelector("#map");
  if (!box) return;
  const status = document.querySelector("#map-status");
  const say = (text) => (status.textContent = text);
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const read = async (url) => {
    const reply = await fetch(url);
    if (!reply.ok) throw new Error(url);
    return reply.json();
  };

  const map = L.map(box, { minZoom: 2, maxZoom: 18, worldCopyJump: true, zoomSnap: 0.5 });
  map.attributionControl.setPrefix(false);
  if (box.dataset.tiles) L.tileLayer(box.dataset.tiles).addTo(map);

  const loaded = await Promise.all(
    [box.dataset.countries, box.dataset.states, box.dataset.sites].map(read),
  ).catch(() => null);
  if (!loaded) return say("The map could not be loaded. Load the page again; the table below is complete.");
  const [countries, states, sites] = loaded;
  const outline = (data, name, css) =>
    L.geoJSON(topojson.feature(data, data.objects[name]), { interactive: false, className: css });
  outline(countries, "countries", "outline-country").addTo(map);
  outline(states, "states", "outline-state").addTo(map);

  const escape = (text) => {
    const node = document.createElement("span");
    node.textContent = text;
    return node.innerHTML;
  };
  const words = (p) => (p.elements ? `${p.percent} % validated` : "no elements");

  function icon(p) {
    const html = `<i></i><b>${escape(p.name)}</b><small>${p.elements ? `${p.percent} %` : "–"}</small>`;
    return L.divIcon({ html, className: `site-mark site-pin level-${p.level}`, iconSize: null });
  }

  async function save(site, marker, back) {
    const { lat, lng } = marker.getLatLng().wrap();
    const reply = await fetch(box.dataset.place.replace("/0/", `/${site.id}/`), {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ latitude: lat.toFixed(6), longitude: lng.toFixed(6) }),
    }).catch(() => null);
    const answer = reply && (await reply.json().catch(() => ({})));
    if (!reply?.ok) {
      if (back) marker.setLatLng(back);
      else marker.remove();
      say(`${site.properties.name} was not moved: ${answer?.error || "the portal did not answer"}`);
      return;
    }
    say(`${site.properties.name} is at ${answer.latitude}, ${answer.longitude}.`);
    const cell = document.querySelector(`tr[data-site="${site.id}"] .position`);
    if (cell) cell.textContent = `${answer.latitude}, ${answer.longitude}`;
    htmx.ajax("GET", location.pathname, { target: ".top-right", select: ".top-right", swap: "outerHTML" });
  }

  function place(site, at) {
    const p = site.properties;
    const marker = L.marker(at, {
      icon: icon(p),
      draggable: p.editable,
      title: `${p.name}, ${p.region}: ${words(p)}`,
      alt: `${p.name}: ${words(p)}`,
    }).addTo(map);
    let from = null;
    marker.on("dragstart", () => (from = marker.getLatLng()));
    marker.on("dragend", () => save(site, marker, from));
    marker.bindPopup(
      `<a href="${escape(p.url)}"><b>${escape(p.name)}</b></a><br>${escape(p.region)}<br>` +
        `${p.validated} of ${p.elements} elements validated, ${p.located} located`,
    );
    return marker;
  }

  const placed = [];
  for (const site of sites.features) {
    if (!site.geometry) continue;
    const [lng, lat] = site.geometry.coordinates;
    placed.push(place(site, [lat, lng]));
  }
  // One view from the start, without animation: while Leaflet zooms it takes no drag of a mark.
  if (placed.length) map.fitBounds(L.featureGroup(placed).getBounds().pad(0.35), { maxZoom: 6, animate: false });
  else map.setView([39, -97], 4, { animate: false });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-put]");
    if (!button) return;
    const site = sites.features.find((each) => String(each.id) === button.dataset.put);
    save(site, place(site, map.getCenter()), null);
    box.scrollIntoView({ block: "nearest" });
  });
  box.dataset.ready = "yes";
})();
