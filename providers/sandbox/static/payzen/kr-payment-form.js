/* PayZen's embedded form, sandbox edition: it draws a frame wherever a kr-smart-form or kr-embedded with a form token is.
   Works under a policy that allows this origin in script-src, connect-src and frame-src: no inline code, no style text, no
   eval. Styles are set property by property, which style-src does not govern. */
(function () {
  "use strict";

  var script = document.currentScript;
  var base = script.src.slice(0, script.src.indexOf("/static/js/"));
  var origin = new URL(base).origin;
  var config = {};
  ["kr-public-key", "kr-post-url-success", "kr-post-url-refused", "kr-get-url-success", "kr-get-url-refused", "kr-language",
    "kr-spa-mode"].forEach(function (name) {
    if (script.hasAttribute(name)) { config[name] = script.getAttribute(name); }
  });
  var listeners = { submit: null, error: null, ready: null };
  var drawn = [];

  function paint(element, styles) {
    Object.keys(styles).forEach(function (name) { element.style[name] = styles[name]; });
    return element;
  }

  function call(name, value) { return listeners[name] ? listeners[name](value) : undefined; }

  function draw(place) {
    var token = place.getAttribute("kr-form-token") || config.formToken;
    if (!token) { return; }
    erase(place);
    var url = new URL(base + "/form");
    url.searchParams.set("token", token);
    url.searchParams.set("key", config["kr-public-key"] || "");
    url.searchParams.set("parent", window.location.origin);
    url.searchParams.set("language", String(config["kr-language"] || document.documentElement.lang || "").slice(0, 2));
    var frame = document.createElement("iframe");
    frame.title = /^fr/i.test(config["kr-language"] || document.documentElement.lang) ? "Formulaire de paiement" : "Payment form";
    frame.allow = "payment";
    paint(frame, { display: "block", width: "100%", height: "24rem", border: "0", colorScheme: "normal" });
    // A kr-embedded brings places for each field; one frame takes all of them here.
    var hidden = Array.prototype.slice.call(place.children);
    hidden.forEach(function (child) { child.hidden = true; });
    frame.src = url.href;
    place.appendChild(frame);
    drawn.push({ place: place, frame: frame, hidden: hidden });
  }

  function erase(place) {
    drawn = drawn.filter(function (one) {
      if (one.place !== place) { return true; }
      one.frame.remove();
      one.hidden.forEach(function (child) { child.hidden = false; });
      return false;
    });
  }

  function drawAll(selector) {
    document.querySelectorAll(selector || ".kr-smart-form, .kr-embedded").forEach(draw);
    return Promise.resolve({ KR: KR });
  }

  function go(told) {
    var word = told.paid ? "success" : "refused";
    if (config["kr-post-url-" + word]) {
      var form = document.createElement("form");
      form.method = "post";
      form.action = config["kr-post-url-" + word];
      form.hidden = true;
      Object.keys(told.fields).forEach(function (name) {
        var input = document.createElement("input");
        input.type = "hidden";
        input.name = name;
        input.value = told.fields[name];
        form.appendChild(input);
      });
      document.body.appendChild(form);
      form.submit();
    } else if (config["kr-get-url-" + word]) {
      window.location.assign(config["kr-get-url-" + word]);
    }
  }

  function answered(told) {
    var raw = told.fields["kr-answer"];
    var answer = JSON.parse(raw);
    if (!told.paid) {
      var last = answer.transactions[0] || {};
      call("error", { errorCode: last.errorCode, errorMessage: last.errorMessage, detailedErrorCode: last.detailedErrorCode });
    }
    var keep = call("submit", {
      clientAnswer: answer, rawClientAnswer: raw, hash: told.fields["kr-hash"], hashKey: told.fields["kr-hash-key"],
      hashAlgorithm: told.fields["kr-hash-algorithm"], _type: "V4/Payment", serverDate: answer.serverDate, formId: "sandbox"
    });
    // false, or a promise of it, keeps the page where it is.
    Promise.resolve(keep).then(function (wish) { if (wish !== false) { go(told); } });
  }

  window.addEventListener("message", function (event) {
    var told = event.data;
    var one = drawn.find(function (each) { return each.frame.contentWindow === event.source; });
    if (!one || event.origin !== origin || !told) { return; }
    if (told.type === "payzen-height" && told.height > 0) { one.frame.style.height = Math.ceil(told.height) + "px"; }
    if (told.type === "payzen-ready") { call("ready", { KR: KR }); }
    if (told.type === "payzen-error") {
      call("error", { errorCode: told.errorCode, errorMessage: told.errorMessage, detailedErrorCode: told.detailedErrorCode });
    }
    if (told.type === "payzen-answer") { answered(told); }
    if (told.type === "payzen-validated" && one.validated) { one.validated(told.empty); one.validated = null; }
  });

  function ask(message) { drawn.forEach(function (one) { one.frame.contentWindow.postMessage(message, origin); }); }

  function listen(name) {
    return function (callback) { listeners[name] = callback; return Promise.resolve({ KR: KR }); };
  }

  var KR = window.KR = {
    onSubmit: listen("submit"),
    onError: listen("error"),
    onFormReady: listen("ready"),
    setFormConfig: function (given) {
      Object.keys(given || {}).forEach(function (name) { config[name] = given[name]; });
      if (given && given.formToken) {
        drawn.map(function (one) { return one.place; }).forEach(function (place) {
          place.setAttribute("kr-form-token", given.formToken);
          draw(place);
        });
      }
      return Promise.resolve({ KR: KR });
    },
    renderElements: drawAll,
    submit: function () { ask({ type: "payzen-submit" }); return Promise.resolve({ KR: KR }); },
    validateForm: function () {
      return new Promise(function (fine, wrong) {
        if (!drawn.length) { return wrong({ KR: KR, result: null }); }
        drawn[0].validated = function (empty) {
          if (empty.length) { wrong({ KR: KR, result: { doOnError: function () {}, empty: empty } }); } else { fine({ KR: KR, result: null }); }
        };
        ask({ type: "payzen-validate" });
      });
    },
    openPaymentMethod: function () { return Promise.resolve({ KR: KR }); }
  };

  if (config["kr-spa-mode"] !== "true") {
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", function () { drawAll(); });
    } else {
      drawAll();
    }
  }
})();
