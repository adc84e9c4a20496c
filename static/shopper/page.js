// What every page of an order does, if it can. Nothing here is needed to pay.
"use strict";

// Back may bring the page from memory: it is asked for again, since the order may have moved on.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// After a press that led back here, the reader continues at the heading that tells what came of it.
const cameFrom = document.referrer.split(/[?#]/)[0];
if (cameFrom === location.origin + location.pathname) {
  document.getElementById("state")?.focus({ preventScroll: true });
}

// One press is enough. The server holds to that anyway; this only says so.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = form.querySelector("button[data-busy]");
  if (button) {
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
