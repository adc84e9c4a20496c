/* Keeps the lists of the console fresh: asks whether anything is new and takes over the parts marked data-live. */
(function () {
  "use strict";

  var live = document.getElementById("live");
  var mark = document.body.dataset.mark;
  var busy = false;

  try { live.checked = window.localStorage.getItem("sandbox-live") !== "off"; } catch (error) { live.checked = true; }
  live.closest("label").hidden = false;
  live.addEventListener("change", function () {
    try { window.localStorage.setItem("sandbox-live", live.checked ? "on" : "off"); } catch (error) { /* private window */ }
  });

  function openOnes(part) {
    return Array.prototype.map.call(part.querySelectorAll("details[open][id]"), function (one) { return one.id; });
  }

  function takeOver(page) {
    document.querySelectorAll("[data-live]").forEach(function (part) {
      var fresh = page.getElementById(part.id);
      // What someone is in the middle of stays as it is.
      if (!fresh || (part.contains(document.activeElement) && document.activeElement.matches("input, select"))) { return; }
      var open = openOnes(part);
      var focused = part.contains(document.activeElement) ? document.activeElement.closest("[id]") : null;
      part.innerHTML = fresh.innerHTML;
      open.forEach(function (id) {
        var one = document.getElementById(id);
        if (one) { one.open = true; }
      });
      var again = focused && document.getElementById(focused.id);
      if (again && again.querySelector("summary")) { again.querySelector("summary").focus(); }
    });
    mark = page.body.dataset.mark;
  }

  function look() {
    if (!live.checked || document.hidden || busy) { return; }
    busy = true;
    fetch("/console/pulse", { cache: "no-store" })
      .then(function (answer) { return answer.json(); })
      .then(function (pulse) {
        document.getElementById("now").textContent = pulse.now;
        if (pulse.mark === mark) { return null; }
        return fetch(window.location.pathname + window.location.search, { cache: "no-store" })
          .then(function (answer) { return answer.text(); })
          .then(function (text) { takeOver(new DOMParser().parseFromString(text, "text/html")); });
      })
      .catch(function () { /* the sandbox is being restarted; the next look will tell */ })
      .finally(function () { busy = false; });
  }
  window.setInterval(look, 2000);

  document.querySelectorAll("form[data-ask]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (!window.confirm(form.dataset.ask)) { event.preventDefault(); }
    });
  });
  document.getElementById("filter").addEventListener("change", function () { this.form.submit(); });
})();
