// Goes on to the provider once, right after the shopper chose to. Back from there stays here.
"use strict";

(() => {
  history.replaceState(null, "", location.pathname);
  const onward = document.getElementById("onward");
  if (onward.tagName === "FORM") onward.requestSubmit();
  else location.assign(onward.href);
})();
