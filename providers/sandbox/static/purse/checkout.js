/* The behaviour of Purse's form inside a merchant's page: what is chosen is told to the page, and the page may press Pay.
   Alone (the hosted page) it does next to nothing: form and buttons work without it. */
(function () {
  "use strict";

  var parentOrigin = document.body.dataset.parent;
  var framed = Boolean(parentOrigin) && window.parent !== window;
  var withPay = document.body.dataset.pay !== "0";
  var paying = document.getElementById("paying");
  var form = document.getElementById("pay-form");
  var button = document.getElementById("pay");

  function tell(message) {
    if (framed) { window.parent.postMessage(message, parentOrigin); }
  }

  // The page that says "expired" comes from the server, when the time is over by its clock.
  if (paying && Number(paying.dataset.seconds) < 86400) {
    window.setTimeout(function () { window.location.reload(); }, Number(paying.dataset.seconds) * 1000 + 500);
  }

  function chosen() { return form && form.querySelector("input[name=solution]:checked"); }

  function filled() {
    var solution = chosen();
    if (!solution) { return false; }
    var more = solution.closest(".method").querySelector(".more");
    if (!more) { return true; }
    return Array.prototype.every.call(more.querySelectorAll("input[required]"), function (input) {
      return input.value.trim() !== "";
    });
  }

  function state() {
    var told = { type: "purse-frame-state", state: document.body.dataset.state, fulfilled: false, remaining: 0, split: [] };
    if (form) {
      var left = Number(paying.dataset.left);
      var split = JSON.parse(document.getElementById("split").textContent);
      var needed = form.querySelector("input[name=solution]");
      var solution = chosen();
      if (solution && needed) {
        split.push({ partner: solution.dataset.partner, method: solution.dataset.method, amount: left });
      }
      told.fulfilled = !needed || filled();
      told.remaining = !needed || solution ? 0 : left;
      told.split = split;
      told.wrong = Boolean(document.querySelector("[role=alert], [aria-invalid=true]"));
    }
    tell(told);
  }

  if (form && framed && !withPay) {
    // The merchant's button pays, and its hooks want to be asked before. Nothing can be sent until this listens.
    var asked = false;
    button.disabled = false;
    form.addEventListener("submit", function (event) {
      if (asked) { return; }
      event.preventDefault();
      event.stopImmediatePropagation();
      tell({ type: "purse-frame-ask" });
    }, true);
    form.querySelectorAll("button[name=test_card]").forEach(function (one) {
      one.type = "button";
      one.closest("details").hidden = false;
      one.addEventListener("click", function () {
        var card = chosenCard();
        if (card) { card.checked = true; }
        fill("number", one.value);
        fill("expiry", "12/30");
        fill("cvc", /^3[47]/.test(one.value) ? "1234" : "123");
        fill("holder", "Test Shopper");
        state();
        one.closest("details").open = false;
      });
    });
  }

  function chosenCard() {
    var number = document.getElementById("number");
    return number && number.closest(".method").querySelector("input[name=solution]");
  }

  function fill(id, value) {
    var input = document.getElementById(id);
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  window.addEventListener("message", function (event) {
    if (!framed || event.origin !== parentOrigin || event.source !== window.parent || !event.data) { return; }
    if (event.data.type === "purse-submit" && form) {
      asked = true;
      form.requestSubmit(button);
    } else if (event.data.type === "purse-choose" && form) {
      form.querySelectorAll("input[name=solution]").forEach(function (one) {
        if (one.value === event.data.solution) { one.checked = true; }
      });
      state();
    } else if (event.data.type === "purse-unchoose" && form) {
      if (chosen()) { chosen().checked = false; }
      state();
    }
  });

  if (form) {
    form.addEventListener("input", state);
    form.addEventListener("change", state);
  }
  state();
})();
