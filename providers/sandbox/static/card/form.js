/* A card form's own behaviour, in a frame or alone: its height, one click that counts, tidy card digits, and word to the page at the end. */
(function () {
  "use strict";

  var parentOrigin = document.body.dataset.parent;
  var messages = document.body.dataset.messages;

  function tell(message) {
    if (parentOrigin && window.parent !== window) { window.parent.postMessage(message, parentOrigin); }
  }

  function height() {
    tell({ type: messages + "-height", height: document.querySelector("main").getBoundingClientRect().height });
  }
  new ResizeObserver(height).observe(document.querySelector("main"));
  height();

  var done = document.getElementById("done");
  if (done) {
    tell({ type: messages + "-result", result: done.dataset.result });
  }
  // Without a pause the page waits for its reader.
  if (done && done.dataset.pause) {
    // A moment to read the sentence; the link below it needs no script at all.
    window.setTimeout(function () {
      tell({ type: messages + "-done", result: done.dataset.result, url: done.dataset.url });
    }, Number(done.dataset.pause));
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { tell({ type: messages + "-escape" }); }
  });

  // Whoever types fast, or a browser that fills the form, may have been here before this script.
  var number = document.getElementById("number");
  function groupNumber() {
    if (number === document.activeElement && number.selectionStart !== number.value.length) { return; }
    var digits = number.value.replace(/\D/g, "").slice(0, 19);
    var groups = /^3[47]/.test(digits) ? /(\d{4})(\d{1,6})?(\d{1,5})?/ : /(\d{1,4})/g;
    number.value = /^3[47]/.test(digits)
      ? digits.replace(groups, function (all, a, b, c) { return [a, b, c].filter(Boolean).join(" "); })
      : digits.replace(groups, "$1 ").trim();
  }
  if (number) {
    number.addEventListener("input", groupNumber);
    if (number.value) { groupNumber(); }
  }
  var expiry = document.getElementById("expiry");
  function slashExpiry(event) {
    var digits = expiry.value.replace(/\D/g, "");
    if (event && event.inputType !== "deleteContentBackward" && digits.length === 2 && expiry.value.indexOf("/") < 0) {
      expiry.value = digits + "/";
    } else if (digits.length === 4 && expiry.value.indexOf("/") < 0) {
      expiry.value = digits.slice(0, 2) + "/" + digits.slice(2);
    }
  }
  if (expiry) {
    expiry.addEventListener("input", slashExpiry);
    if (expiry.value) { slashExpiry(); }
  }

  document.querySelectorAll("form").forEach(function (form) {
    var sent = false;
    form.addEventListener("submit", function (event) {
      if (sent) { event.preventDefault(); return; }
      sent = true;
      var working = document.getElementById("working");
      if (working) { working.hidden = false; }
      // After this turn of the event loop: a disabled button's name would not be sent.
      window.setTimeout(function () {
        document.querySelectorAll("button").forEach(function (button) { button.setAttribute("aria-disabled", "true"); });
      }, 0);
    });
  });
  // The browser's back button may bring the page back with its buttons as they were left.
  window.addEventListener("pageshow", function (event) { if (event.persisted) { window.location.reload(); } });

  var first = document.querySelector("[aria-invalid=true]");
  if (first) { first.focus(); }
})();
