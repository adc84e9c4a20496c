/* Purse's browser SDK, sandbox edition: Drop-in and Headless over one form that lives in a frame of the sandbox.
   Needs this origin in script-src, connect-src and frame-src; no inline code, no style text, no eval. */
(function () {
  "use strict";

  // take() and balance count in major units, as the documents and the demo do; everything else in minor units.
  var EXPONENTS = { JPY: 0 };
  var MESSAGES = {
    MISSING_SESSION: "There is no session: give the widget its data first.",
    WIDGET_DATA_MALFORMED: "The session is not the widget.data of a client session.",
    PAYMENT_NOT_FULFILLED_ON_SUBMIT: "The means of payment do not yet cover the amount.",
    UI_VALIDATION_FAILED_ERROR: "Some fields of the form are not right.",
    VALIDATE_FAILED: "The payment could not be submitted.",
    POST_VALIDATE_FAILED: "The payment was submitted, and what should follow failed.",
    SESSION_ALREADY_SUBMITTED_ERROR: "This session has been submitted already.",
    EXPIRED_SESSION: "This session has expired.",
    INVALID_TAKE_AMOUNT: "This gift card does not give that amount.",
    SECONDARY_METHOD_WRONG_PAN_FORMAT: "This gift card can not be used."
  };

  function PurseError(code, cause) {
    var error = new Error(MESSAGES[code] || code);
    error.name = "PurseError";
    error.code = code;
    if (cause) { error.additionalPayload = cause; }
    return error;
  }

  function decode(data) {
    if (typeof data !== "string" || !data) { throw PurseError("MISSING_SESSION"); }
    try {
      var told = JSON.parse(window.atob(data + "=".repeat((4 - (data.length % 4)) % 4)));
      if (!told.frame || !told.secret) { throw new Error("incomplete"); }
      return told;
    } catch (error) {
      throw PurseError("WIDGET_DATA_MALFORMED", error);
    }
  }

  // A value that can be watched: the watcher is told at once, and at every change.
  function Readable(first) {
    var value = first;
    var watchers = [];
    var one = {
      subscribe: function (watcher) {
        watchers.push(watcher);
        watcher(value);
        return function () { watchers = watchers.filter(function (other) { return other !== watcher; }); };
      },
      getValue: function () { return value; }
    };
    Object.defineProperty(one, "value", { get: function () { return value; } });
    return {
      face: one,
      set: function (next) {
        if (JSON.stringify(next) === JSON.stringify(value) && typeof next !== "function") { return; }
        value = next;
        watchers.slice().forEach(function (watcher) { watcher(value); });
      },
      get: function () { return value; }
    };
  }

  function style(element, wanted) {
    Object.keys(wanted).forEach(function (name) { element.style[name] = wanted[name]; });
  }

  /* One session, its frame and what is known of both. `withPay`: the form has a button of its own. */
  function Checkout(data, options) {
    var self = this;
    this.options = options;
    this.hooks = options.hooks || {};
    this.sessionState = Readable("idle");
    this.fulfilled = Readable(false);
    this.remaining = Readable(0);
    this.split = Readable([]);
    this.box = document.createElement("div");
    this.frame = null;
    this.pending = null;
    this.busy = false;
    this.ready = false;
    this.listener = function (event) { self.hear(event); };
    window.addEventListener("message", this.listener);
    this.set(data);
  }

  Checkout.prototype.set = function (data) {
    this.told = decode(data);
    this.origin = new URL(this.told.frame).origin;
    this.sessionState.set("idle");
    this.fulfilled.set(false);
    this.remaining.set(this.told.amount);
    this.split.set([]);
    this.ready = false;
    if (this.frame) { this.draw(); }
  };

  Checkout.prototype.address = function (path) {
    var url = new URL(this.told.frame + (path || ""));
    var wanted = {
      secret: this.told.secret,
      lang: this.options.locale || "",
      parent: window.location.origin,
      pay: this.options.withPay ? "1" : "0"
    };
    Object.keys(wanted).forEach(function (name) { url.searchParams.set(name, wanted[name]); });
    return url;
  };

  Checkout.prototype.draw = function () {
    this.box.textContent = "";
    this.frame = document.createElement("iframe");
    this.frame.title = /^fr/i.test(this.options.locale || "") ? "Formulaire de paiement" : "Payment form";
    this.frame.setAttribute("scrolling", "no");
    style(this.box, { position: "relative" });
    style(this.frame, { width: "100%", minWidth: "0", height: "30rem", border: "0", display: "block", colorScheme: "normal" });
    this.frame.src = this.address().href;
    this.box.appendChild(this.frame);
  };

  Checkout.prototype.emit = function (name, payload) {
    if (typeof this.options.eventListener === "function") {
      this.options.eventListener(Object.assign({ name: name, code: name, type: name, payload: payload || null }, payload));
    }
  };

  Checkout.prototype.hear = function (event) {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== this.origin || !event.data) { return; }
    var told = event.data;
    if (told.type === "purse-frame-height" && told.height > 0) {
      this.frame.style.height = Math.ceil(told.height) + 8 + "px";
    } else if (told.type === "purse-frame-state") {
      this.know(told);
    } else if (told.type === "purse-frame-ask") {
      this.submit().catch(function () { /* the event "error" has told it */ });
    } else if (told.type === "purse-frame-done") {
      this.leave(told);
    }
  };

  Checkout.prototype.know = function (told) {
    this.sessionState.set({ failed: "error" }[told.state] || told.state);
    this.remaining.set(told.remaining);
    this.split.set(told.split);
    this.fulfilled.set(told.fulfilled);
    if (told.state === "expired") { this.expire(); }
    if (this.pending) {
      if (told.state === "failed") { this.fail("VALIDATE_FAILED"); }
      if (told.state === "expired") { this.fail("EXPIRED_SESSION"); }
      if (told.state === "ready" && told.wrong) { this.fail("UI_VALIDATION_FAILED_ERROR"); }
    }
    if (!this.ready) {
      this.ready = true;
      this.emit("ready");
    }
  };

  Checkout.prototype.fail = function (code, cause) {
    var error = PurseError(code, cause);
    var pending = this.pending;
    this.pending = null;
    this.busy = false;
    this.emit("error", { message: error.message, code: code });
    if (pending) { pending(error); }
    return error;
  };

  /* Rejects when nothing was submitted; else the page is left, and it never resolves. */
  Checkout.prototype.submit = function () {
    var self = this;
    if (!this.told || !this.frame) { return Promise.reject(this.fail("MISSING_SESSION")); }
    var state = this.sessionState.get();
    if (state === "expired") { return Promise.reject(this.fail("EXPIRED_SESSION")); }
    if (this.busy || state === "submitted" || state === "terminated") {
      return Promise.reject(PurseError("SESSION_ALREADY_SUBMITTED_ERROR"));
    }
    if (!this.fulfilled.get()) { return Promise.reject(this.fail("PAYMENT_NOT_FULFILLED_ON_SUBMIT")); }
    this.busy = true;
    return Promise.resolve()
      .then(function () { return self.hooks.onBeforeValidate && self.hooks.onBeforeValidate(self.split.get()); })
      .catch(function (cause) { throw self.fail("VALIDATE_FAILED", cause); })
      .then(function () {
        return new Promise(function (_resolve, reject) {
          self.pending = reject;
          self.sessionState.set("submitting");
          self.frame.contentWindow.postMessage({ type: "purse-submit" }, self.origin);
        });
      });
  };

  Checkout.prototype.leave = function (told) {
    var self = this;
    this.busy = true;
    this.sessionState.set("submitted");
    Promise.resolve()
      .then(function () { return self.hooks.onAfterValidate && self.hooks.onAfterValidate(); })
      .then(function () {
        if (self.hooks.redirectionHandler) {
          return self.hooks.redirectionHandler({ type: "redirection", url: told.url });
        }
        window.location.assign(told.url);
        return null;
      })
      .catch(function (cause) { self.fail("POST_VALIDATE_FAILED", cause); });
  };

  // An expired session: a cover over the form, with a button only if somebody can bring a new one.
  Checkout.prototype.expire = function () {
    var self = this;
    if (!this.hooks.onRefreshSession) { return; }
    var cover = document.createElement("div");
    style(cover, {
      position: "absolute", inset: "0", display: "grid", placeItems: "center", background: "rgba(255, 255, 255, .85)", minHeight: "6rem"
    });
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = /^fr/i.test(this.options.locale || "") ? "Actualiser la session" : "Refresh session";
    style(button, { font: "inherit", padding: ".75rem 1.25rem", minHeight: "3rem", cursor: "pointer" });
    button.addEventListener("click", function () {
      button.disabled = true;
      Promise.resolve(self.hooks.onRefreshSession()).then(function (data) {
        // The hook returns the new data, or has called setSession itself.
        if (typeof data === "string") { self.set(data); } else { cover.remove(); }
      });
    });
    cover.appendChild(button);
    this.box.appendChild(cover);
  };

  Checkout.prototype.end = function () {
    window.removeEventListener("message", this.listener);
    this.box.remove();
    this.frame = null;
  };

  // Dropping the frame stops the payment in it, so a widget that is put away begins anew when mounted again.
  function createDropinCheckout(settings) {
    return Promise.resolve().then(function () {
      settings = settings || {};
      var checkout = new Checkout(settings.session, {
        locale: settings.locale, withPay: settings.hidePayButton !== true, hooks: settings.hooks, eventListener: settings.eventListener
      });
      return {
        mount: function (element) {
          if (!(element instanceof HTMLElement)) { throw new TypeError("mount() wants an element"); }
          checkout.draw();
          element.appendChild(checkout.box);
        },
        unmount: function () {
          checkout.box.remove();
          checkout.frame = null;
          checkout.ready = false;
        },
        submitPayment: function () { return checkout.submit(); },
        setSession: function (data) { checkout.set(data); },
        setWalletSession: function () { /* shared wallets are not played by the sandbox */ },
        isPaymentFulfilled: checkout.fulfilled.face,
        remainingAmountToPay: checkout.remaining.face,
        paymentSplit: checkout.split.face,
        sessionState: checkout.sessionState.face
      };
    });
  }

  function ask(checkout, path, fields) {
    var url = checkout.address(path);
    var sent = fields ? { method: "POST", body: new URLSearchParams(Object.assign({}, Object.fromEntries(url.searchParams), fields)) } : {};
    return window.fetch(fields ? checkout.told.frame + path : url.href, sent).then(function (answer) {
      return answer.json().then(function (told) { return { ok: answer.ok, told: told }; });
    });
  }

  function createHeadlessCheckout(data, hooks) {
    return Promise.resolve().then(function () {
      var checkout = new Checkout(data, { withPay: false, hooks: hooks || {} });
      var methods = Readable([]);
      var tokens = Readable([]);
      var currency = Readable(checkout.told.currency);
      var number = Readable(checkout.told.session_id);
      var information = Readable(Boolean(checkout.told.information_request));

      function unit() { return Math.pow(10, EXPONENTS[currency.get()] === undefined ? 2 : EXPONENTS[currency.get()]); }

      function element(solution) {
        if (!checkout.frame) { checkout.draw(); }
        if (solution) {
          checkout.frame.addEventListener("load", function () { choose(solution); });
          choose(solution);
        }
        return checkout.box;
      }

      // A frame that is not in the page yet has no window; it will be told once it has loaded.
      function send(message) {
        if (checkout.frame && checkout.frame.contentWindow) { checkout.frame.contentWindow.postMessage(message, checkout.origin); }
      }

      function choose(solution) { send({ type: "purse-choose", solution: solution }); }

      function changed(answer) {
        checkout.remaining.set(answer.told.remaining);
        checkout.split.set(answer.told.gift_cards.map(function (gift) {
          return Object.assign({ amount: gift.amount }, answer.told.secondary[0]);
        }));
        checkout.fulfilled.set(answer.told.remaining === 0);
        if (checkout.frame) { checkout.draw(); }
      }

      // What covers the amount may be gift cards alone: then there is no form to see, and still one to submit.
      function submitted() {
        if (checkout.frame && checkout.box.isConnected) { return checkout.submit(); }
        element();
        checkout.box.hidden = true;
        document.body.appendChild(checkout.box);
        return new Promise(function (resolve) {
          checkout.frame.addEventListener("load", resolve, { once: true });
        }).then(function () { return checkout.submit(); });
      }

      function giftCard(pan, cvv) {
        var typed = { gift_number: pan, gift_pin: cvv || "", format: "json" };
        return ask(checkout, "/gift-cards", Object.assign({ look: "1" }, typed)).then(function (answer) {
          if (!answer.ok) { throw PurseError("SECONDARY_METHOD_WRONG_PAN_FORMAT", answer.told); }
          return {
            balance: answer.told.balance / unit(),
            take: function (amount) {
              var minor = Math.round(amount * unit());
              return ask(checkout, "/gift-cards", Object.assign({ amount: String(minor) }, typed)).then(function (taken) {
                if (!taken.ok) { throw PurseError("INVALID_TAKE_AMOUNT", taken.told); }
                changed(taken);
              });
            },
            removeFromSplit: function () {
              return ask(checkout, "/gift-cards", { remove: answer.told.number, format: "json" }).then(changed);
            }
          };
        });
      }

      function load() {
        return ask(checkout, "/state").then(function (answer) {
          if (!answer.ok) { throw PurseError("MISSING_SESSION"); }
          var told = answer.told;
          checkout.remaining.set(told.remaining);
          checkout.sessionState.set(told.expired ? "expired" : { CREATED: "ready", SUBMITTED: "submitted" }[told.status] || "terminated");
          tokens.set(told.tokens);
          methods.set(told.methods.map(function (one) {
            return Object.assign({ isSecondary: false, getPaymentElement: function () { return element(one.partner + "/" + one.method); } }, one);
          }).concat(told.secondary.map(function (one) {
            return Object.assign({ isSecondary: true, getSecondaryToken: giftCard }, one);
          })));
        });
      }

      var headless = {
        paymentMethods: methods.face, paymentTokens: tokens.face, isPaymentFulfilled: checkout.fulfilled.face,
        remainingAmountToPay: checkout.remaining.face, amountSplit: checkout.split.face, currency: currency.face,
        sessionState: checkout.sessionState.face, currentSessionID: number.face, isInformationRequest: information.face,
        submitPayment: submitted,
        setSession: function (next) {
          checkout.set(next);
          currency.set(checkout.told.currency);
          number.set(checkout.told.session_id);
          information.set(Boolean(checkout.told.information_request));
          return load();
        },
        setWalletSession: function () { /* shared wallets are not played by the sandbox */ },
        getPaymentElement: function () { return element(); },
        clearPrimarySplit: function () { send({ type: "purse-unchoose" }); },
        teardown: function () { checkout.end(); }
      };
      return load().then(function () { return headless; });
    });
  }

  window.Purse = { createDropinCheckout: createDropinCheckout, createHeadlessCheckout: createHeadlessCheckout };
})();
