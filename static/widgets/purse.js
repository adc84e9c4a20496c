/* Draws Purse's drop-in checkout once Purse's own script is there, wakes our pay button when the chosen means cover the
   amount, and offers Purse's page when the form does not come. It stands before Purse's script in the page, so that it
   hears how that one fares. */
(function () {
  "use strict";

  var SLOW_MS = 10000;
  var arrivedAlready = false;
  var checkout = null;
  var covered = true; // as far as the form does not say otherwise
  var busy = false;
  var over = false;
  var button = document.getElementById("purse-pay"); // none when the form brings its own
  var slow = window.setTimeout(function () {
    show("purse-slow", true);
    show("purse-page", true);
  }, SLOW_MS);

  function show(id, visible) {
    var element = document.getElementById(id);
    if (element) { element.hidden = !visible; }
  }

  function settle() {
    window.clearTimeout(slow);
    show("purse-slow", false);
  }

  function fail() {
    settle();
    if (button) { button.hidden = true; }
    show("purse-error", true);
    show("purse-page", true);
  }

  // Not `disabled`: whoever goes through the page with the Tab key would be led past it, while the form is still thinking.
  function draw() {
    if (button) { button.setAttribute("aria-disabled", String(busy || over || !covered)); }
  }

  // Purse's readables have a value and tell of each new one; one that is not there tells nothing.
  function follow(readable, told) {
    if (!readable) { return; }
    if (readable.value !== undefined) { told(readable.value); }
    if (typeof readable.subscribe === "function") { readable.subscribe(told); }
  }

  function state(word) {
    if (word === "expired" || word === "terminated") {
      over = true;
      show("purse-late", true);
    }
    draw();
  }

  function refused(problem) {
    var word = problem && (problem.code || problem.message) || "";
    busy = false;
    if (/EXPIRED_SESSION|SESSION_ALREADY_SUBMITTED_ERROR/.test(word)) {
      over = true; // the shop's server knows what became of it
      show("purse-late", true);
    } else {
      show("purse-again", true);
    }
    draw();
  }

  function pay() {
    if (!checkout || busy || over) { return; }
    if (!covered) {
      show("purse-again", true);
      return;
    }
    busy = true;
    show("purse-again", false);
    draw();
    try {
      // It leads the whole page away when it succeeds, so only a no comes back.
      Promise.resolve(checkout.submitPayment()).catch(refused);
    } catch (problem) {
      refused(problem);
    }
  }

  function mount(made) {
    checkout = made;
    checkout.mount(document.getElementById("purse-form"));
    settle();
    follow(checkout.isPaymentFulfilled, function (value) { covered = Boolean(value); draw(); });
    follow(checkout.sessionState, state);
    if (button) {
      button.hidden = false;
      button.addEventListener("click", pay);
      draw();
    }
  }

  function arrived() {
    if (arrivedAlready) { return; }
    arrivedAlready = true;
    try {
      var widget = JSON.parse(document.getElementById("purse-widget").textContent);
      var wanted = { session: widget.session, hidePayButton: widget.ownButton };
      if (widget.locale) { wanted.locale = widget.locale; }
      Promise.resolve(window.Purse.createDropinCheckout(wanted)).then(mount).catch(fail);
    } catch (problem) {
      fail();
    }
  }

  function isProvider(event) { return event.target && event.target.id === "purse-script"; }

  // Neither event bubbles, but both pass by here on their way down.
  document.addEventListener("load", function (event) { if (isProvider(event)) { arrived(); } }, true);
  document.addEventListener("error", function (event) { if (isProvider(event)) { fail(); } }, true);
})();
