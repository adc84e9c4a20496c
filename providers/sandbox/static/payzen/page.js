/* What the link's page and the frame do beyond the card form: the way back by POST, and word to the page around. */
(function () {
  "use strict";

  var parentOrigin = document.body.dataset.parent;

  function tell(message) {
    if (parentOrigin && window.parent !== window) { window.parent.postMessage(message, parentOrigin); }
  }

  var back = document.getElementById("back");
  if (back && back.dataset.seconds) {
    window.setTimeout(function () { back.submit(); }, Number(back.dataset.seconds) * 1000);
  }

  var told = document.getElementById("told");
  if (told) {
    var fields = {};
    told.querySelectorAll("input").forEach(function (input) { fields[input.name] = input.value; });
    tell({ type: "payzen-answer", paid: told.dataset.paid === "1", fields: fields });
  }
  var refused = document.getElementById("refused") || document.getElementById("failed");
  if (refused) {
    tell({
      type: "payzen-error", errorCode: refused.dataset.code, errorMessage: refused.dataset.message || refused.textContent.trim(),
      detailedErrorCode: refused.dataset.detail || null
    });
  }
  var form = document.getElementById("pay");
  if (form) { tell({ type: "payzen-ready" }); }

  // KR.submit and KR.validateForm of the page around.
  window.addEventListener("message", function (event) {
    if (event.origin !== parentOrigin || event.source !== window.parent || !event.data || !form) { return; }
    if (event.data.type === "payzen-submit") { form.requestSubmit(form.querySelector("button.primary")); }
    if (event.data.type === "payzen-validate") {
      var empty = Array.prototype.filter.call(form.querySelectorAll("input[required]"), function (input) { return !input.value.trim(); });
      tell({ type: "payzen-validated", empty: empty.map(function (input) { return input.name; }) });
    }
  });
})();
