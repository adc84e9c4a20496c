// Shows the section of the chosen type alone, and the lists to tick only where something is to be ticked. Without it
// every section stands there, and the server reads the chosen one's.
for (const form of document.querySelectorAll("form[data-desk]")) {
  const locks = form.querySelector("[data-locks]");
  const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`)?.value;
  const draw = () => {
    const kind = chosen("kind");
    if (kind) for (const part of form.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== kind;
    if (locks) locks.hidden = chosen("lock") === "all";
  };
  form.classList.add("g-scripted");
  form.addEventListener("change", draw);
  window.addEventListener("pageshow", draw);
  draw();
}
