/* eComCharge's payment widget, sandbox edition: the hosted page in an overlay.
   Works under a policy that allows this origin in script-src, frame-src and (without a token) connect-src: no inline
   code, no style text, no eval. Styles are set property by property, which style-src does not govern. */
(function () {
  "use strict";

  // What the page in the frame calls a result, and what closeWidget is told.
  var STATUSES = {
    successful: "successful", failed: "failed", pending: "pending", incomplete: "pending", expired: "error",
    error: "error", redirected: "redirected"
  };

  function paint(element, styles) {
    Object.keys(styles).forEach(function (name) { element.style[name] = styles[name]; });
    return element;
  }

  function BeGateway(options) {
    options = options || {};
    this.options = options;
    this.checkout = options.checkout || {};
    this.base = String(options.checkout_url || "").replace(/\/+$/, "");
    this.status = null;
    this.closed = false;
  }

  BeGateway.prototype.createWidget = function () {
    var widget = this;
    if (!widget.base) { return console.error("BeGateway: checkout_url is missing"); }
    widget.before = document.activeElement;
    widget.build();
    if (widget.options.token) { return widget.open(widget.options.token); }
    widget.ask().then(function (token) { if (!widget.closed) { widget.open(token); } }, function (error) {
      console.error("BeGateway: " + error.message);
      widget.status = "error";
      widget.close();
    });
  };

  // Without a token: the page itself asks for one, with the shop's public key.
  BeGateway.prototype.ask = function () {
    var asked = JSON.parse(JSON.stringify(this.checkout));
    var key = asked.public_key || "";
    delete asked.public_key;
    return fetch(this.base + "/ctp/api/checkouts", {
      method: "POST",
      headers: {
        "Content-Type": "application/json", "Accept": "application/json", "X-API-Version": "2",
        "Authorization": "Bearer " + key
      },
      body: JSON.stringify({ checkout: asked })
    }).then(function (answer) {
      return answer.json().then(function (body) {
        if (!answer.ok) { throw new Error(body.message || "HTTP " + answer.status); }
        return body.checkout.token;
      });
    });
  };

  BeGateway.prototype.build = function () {
    var widget = this;
    var french = /^fr/i.test(document.documentElement.lang || navigator.language || "");
    var dialog = widget.dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", french ? "Paiement" : "Payment");
    paint(dialog, {
      width: "100vw", height: "100dvh", maxWidth: "none", maxHeight: "none", margin: "0", padding: "0", border: "0",
      background: "rgba(17, 20, 27, .62)", overflow: "auto", boxSizing: "border-box"
    });
    var panel = widget.panel = paint(document.createElement("div"), {
      position: "relative", maxWidth: "30rem", margin: "0 auto", background: "Canvas", color: "CanvasText",
      overflow: "hidden", colorScheme: "light dark", boxSizing: "border-box"
    });
    var bar = paint(document.createElement("div"), {
      display: "flex", justifyContent: "flex-end", padding: ".25rem", height: "3.25rem", boxSizing: "border-box"
    });
    var button = widget.button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", french ? "Fermer" : "Close");
    button.textContent = "×";
    paint(button, {
      width: "2.75rem", height: "2.75rem", border: "0", background: "transparent", color: "inherit", cursor: "pointer",
      font: "1.75rem/1 system-ui, sans-serif", borderRadius: ".5rem"
    });
    button.addEventListener("click", function () { widget.close(); });
    var frame = widget.frame = document.createElement("iframe");
    frame.title = french ? "Formulaire de paiement" : "Payment form";
    paint(frame, { display: "block", width: "100%", height: "24rem", border: "0", colorScheme: "normal" });
    bar.appendChild(button);
    panel.appendChild(bar);
    panel.appendChild(frame);
    dialog.appendChild(panel);
    // Escape on the page around; in the frame it arrives as a message.
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); widget.close(); });
    widget.fit = function () { widget.resize(); };
    widget.hear = function (event) { widget.listen(event); };
    window.addEventListener("resize", widget.fit);
    window.addEventListener("message", widget.hear);
    widget.scroll = document.documentElement.style.overflow;
    document.documentElement.style.overflow = "hidden";
    document.body.appendChild(dialog);
    // The browser keeps the focus inside and makes everything around inert.
    dialog.showModal();
    widget.resize();
  };

  BeGateway.prototype.open = function (token) {
    var url = new URL(this.base + "/widget/hpp.html", window.location.href);
    url.searchParams.set("token", token);
    url.searchParams.set("widget", "1");
    // Left unsaid, the page goes by what the token was asked for with.
    if (typeof this.checkout.iframe === "boolean") {
      url.searchParams.set("iframe", this.checkout.iframe ? "1" : "0");
    }
    url.searchParams.set("parent", window.location.origin);
    this.origin = url.origin;
    this.frame.src = url.href;
  };

  BeGateway.prototype.resize = function () {
    var narrow = window.innerWidth < 544;
    var room = window.innerHeight - (narrow ? 0 : 48);
    paint(this.panel, {
      borderRadius: narrow ? "0" : ".75rem", marginTop: narrow ? "0" : "24px", minHeight: narrow ? "100dvh" : "0"
    });
    // The frame is as high as its page, or as there is room, and scrolls by itself beyond that.
    this.frame.style.height = (narrow ? room - 52 : Math.min(this.height || 384, room - 52)) + "px";
  };

  BeGateway.prototype.listen = function (event) {
    var told = event.data;
    if (event.origin !== this.origin || event.source !== this.frame.contentWindow || !told) { return; }
    if (told.type === "be-gateway-height" && told.height > 0) {
      this.height = Math.ceil(told.height);
      this.resize();
    } else if (told.type === "be-gateway-escape") {
      this.close();
    } else if (told.type === "be-gateway-result") {
      this.status = STATUSES[told.result] || "error";
    } else if (told.type === "be-gateway-done") {
      this.status = STATUSES[told.result] || "error";
      this.close();
      if (told.url) { window.top.location.assign(told.url); }
    }
  };

  BeGateway.prototype.close = function () {
    if (this.closed) { return; }
    this.closed = true;
    window.removeEventListener("resize", this.fit);
    window.removeEventListener("message", this.hear);
    document.documentElement.style.overflow = this.scroll;
    this.dialog.close();
    this.dialog.remove();
    if (this.before && this.before.focus) { this.before.focus(); }
    if (typeof this.options.closeWidget === "function") { this.options.closeWidget(this.status); }
  };

  window.BeGateway = BeGateway;
})();
