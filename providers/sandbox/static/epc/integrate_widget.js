/* EPC's payment widget, sandbox edition: puts the card form into a frame and tells the page how it ended.
   Works under a policy that allows this origin in script-src and frame-src: no inline code, no style text, no eval. */
(function () {
  "use strict";

  var SCRIPT_ID = "paymentWidgetJs";

  function fail(divId, why) {
    var div = document.getElementById(divId);
    console.error("EPC payment widget: " + why);
    if (div) {
      div.textContent = "";
      var alert = document.createElement("p");
      alert.setAttribute("role", "alert");
      alert.textContent = "Payment widget: " + why;
      div.appendChild(alert);
    }
  }

  // Options nobody here knows are left alone: the real list is not published.
  function address(base, mode, ids, options) {
    var url = new URL("form", base);
    var cancel = options.enableCancelButton === true;
    var wanted = {
      mode: mode,
      paymentId: ids.paymentId,
      sessionId: ids.sessionId,
      cancel: cancel ? "1" : "0",
      nameless: options.hideCardholder === true ? "1" : "0",
      lang: typeof options.language === "string" ? options.language : "",
      parent: window.location.origin
    };
    Object.keys(wanted).forEach(function (name) { url.searchParams.set(name, wanted[name]); });
    return url;
  }

  window.createPaymentWidget = function (mode, divId, ids, options) {
    options = options || {};
    ids = ids || {};
    var script = document.getElementById(SCRIPT_ID);
    var div = document.getElementById(divId);
    if (!div) { return fail(divId, "there is no element with the id " + divId); }
    if (!script || !script.src) { return fail(divId, "the script element must have the id " + SCRIPT_ID); }
    if (mode !== "widget" && mode !== "alias") { return fail(divId, "the mode must be \"widget\" or \"alias\""); }
    if (typeof ids.paymentId !== "string" || !ids.paymentId) { return fail(divId, "paymentId must be a string"); }
    if (typeof ids.sessionId !== "string" || !ids.sessionId) { return fail(divId, "sessionId must be a string"); }

    var url = address(new URL(".", script.src), mode, ids, options);
    var frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = options.language === "fr" ? "Formulaire de carte" : "Card form";
    frame.setAttribute("scrolling", "no");
    frame.style.width = "100%";
    frame.style.minWidth = "0";
    frame.style.height = "32rem";
    frame.style.border = "0";
    frame.style.display = "block";
    frame.style.colorScheme = "normal";
    div.textContent = "";
    div.appendChild(frame);

    var over = false;
    window.addEventListener("message", function (event) {
      if (event.origin !== url.origin || event.source !== frame.contentWindow || !event.data) { return; }
      var told = event.data;
      if (told.type === "epc-frame-height" && told.height > 0) {
        frame.style.height = Math.ceil(told.height) + "px";
      } else if (told.type === "epc-frame-done" && !over) {
        over = true;
        finish(told);
      }
    });

    function finish(told) {
      // Full redirection is the default; without it the page is told instead (sandbox convention).
      if (options.fullRedirection !== false) {
        window.location.assign(told.url);
        return;
      }
      var message = { type: "epc-payment", result: told.result };
      div.dispatchEvent(new CustomEvent("epc-payment", { bubbles: true, detail: message }));
      window.postMessage(message, window.location.origin);
    }
  };

  if (!document.getElementById(SCRIPT_ID)) {
    console.error("EPC payment widget: the script element must have the id " + SCRIPT_ID);
  }
})();
