/* Opens eComCharge's payment form once its own script is there, and offers its page when the form does not come.
   It stands before that script in the page, so that it hears how that one fares. */
(function () {
  "use strict";

  var SLOW_MS = 10000;
  var button = document.getElementById("ecomcharge-open");
  var loaded = false;
  var slow = window.setTimeout(function () {
    show("ecomcharge-slow", true);
    show("ecomcharge-page", true);
  }, SLOW_MS);

  function show(id, visible) {
    var element = document.getElementById(id);
    if (element) { element.hidden = !visible; }
  }

  function fail() {
    window.clearTimeout(slow);
    show("ecomcharge-slow", false);
    show("ecomcharge-error", true);
    show("ecomcharge-page", true);
  }

  function leave(back, status) {
    // The form was closed without paying (null), or says a word that decides nothing: the shop's server asks.
    var end = status ? "end=widget&status=" + encodeURIComponent(status) : "end=cancel";
    window.location.assign(back + (back.indexOf("?") < 0 ? "?" : "&") + end);
  }

  function open() {
    // The form comes up over the page, and whoever closes it goes on from here: forms give the focus back.
    show("ecomcharge-open", true);
    button.focus();
    try {
      var widget = JSON.parse(document.getElementById("ecomcharge-widget").textContent);
      new window.BeGateway({
        checkout_url: widget.checkout_url,
        fromWebview: false,
        token: widget.token,
        checkout: {
          iframe: widget.iframe,
          test: widget.test,
          transaction_type: widget.transaction_type
        },
        closeWidget: function (status) { button.focus(); leave(widget.back, status); }
      }).createWidget();
    } catch (problem) {
      show("ecomcharge-open", false);
      fail();
    }
  }

  function arrived() {
    if (loaded) { return; }
    loaded = true;
    window.clearTimeout(slow);
    show("ecomcharge-slow", false);
    open();
  }

  function isProvider(event) { return event.target && event.target.id === "ecomcharge-script"; }

  button.addEventListener("click", open);
  // Neither event bubbles, but both pass by here on their way down.
  document.addEventListener("load", function (event) { if (isProvider(event)) { arrived(); } }, true);
  document.addEventListener("error", function (event) { if (isProvider(event)) { fail(); } }, true);
})();
