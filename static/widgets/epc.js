/* Draws EPC's payment widget once EPC's own script is there, and says so when it never comes.
   It stands before EPC's script in the page, so that it hears how that one fares. */
(function () {
  "use strict";

  var SLOW_MS = 10000;
  var drawn = false;
  var slow = window.setTimeout(function () { show("epc-slow", true); }, SLOW_MS);

  function show(id, visible) {
    var element = document.getElementById(id);
    if (element) { element.hidden = !visible; }
  }

  function fail() {
    window.clearTimeout(slow);
    show("epc-slow", false);
    show("epc-error", true);
  }

  function draw() {
    if (drawn) { return; }
    drawn = true;
    window.clearTimeout(slow);
    show("epc-slow", false);
    try {
      var widget = JSON.parse(document.getElementById("epc-widget").textContent);
      window.createPaymentWidget(
        widget.mode,
        "paymentWidget",
        { paymentId: widget.paymentId, sessionId: widget.sessionId },
        widget.options
      );
    } catch (problem) {
      fail();
    }
  }

  function isProvider(event) { return event.target && event.target.id === "paymentWidgetJs"; }

  // Neither event bubbles, but both pass by here on their way down.
  document.addEventListener("load", function (event) { if (isProvider(event)) { draw(); } }, true);
  document.addEventListener("error", function (event) { if (isProvider(event)) { fail(); } }, true);
})();
