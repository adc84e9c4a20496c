/* Says how PayZen's form fares: slow, not to be had, or out of time, and then offers another way on. The form draws
   itself.
   It stands before PayZen's script in the page, so that it hears how that one loads. */
(function () {
  "use strict";

  var SLOW_MS = 10000;
  var TOKEN_EXPIRED = "PSP_108";
  var slow = window.setTimeout(function () {
    show("payzen-slow", true);
    show("payzen-page", true);
  }, SLOW_MS);

  function show(id, visible) {
    var element = document.getElementById(id);
    if (element) { element.hidden = !visible; }
  }

  function settle() {
    window.clearTimeout(slow);
    show("payzen-slow", false);
    show("payzen-page", false);
  }

  function fail() {
    settle();
    show("payzen-error", true);
    show("payzen-page", true);
  }

  function arrived() {
    try {
      window.KR.onFormReady(settle);
      // What was typed wrong the form says itself; that its time is over has to be said by us.
      window.KR.onError(function (problem) {
        if (problem && problem.errorCode === TOKEN_EXPIRED) {
          settle();
          show("payzen-late", true);
        }
      });
    } catch (problem) {
      fail();
    }
  }

  function isProvider(event) { return event.target && event.target.id === "payzen-script"; }

  // Neither event bubbles, but both pass by here on their way down. Without its theme the form is only plainer.
  document.addEventListener("load", function (event) { if (isProvider(event)) { arrived(); } }, true);
  document.addEventListener("error", function (event) { if (isProvider(event)) { fail(); } }, true);
})();
