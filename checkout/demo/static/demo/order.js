// While the order is open: ask every two seconds whether the shop has heard, and show the page anew when it has.
const order = document.getElementById("order");

async function look() {
  try {
    const answer = await fetch(order.dataset.stateUrl, { headers: { Accept: "application/json" } });
    if (answer.ok && (await answer.json()).state !== order.dataset.state) {
      location.reload();
      return;
    }
  } catch {
    // The shop is away for a moment: ask again.
  }
  setTimeout(look, 2000);
}

setTimeout(look, 1000);
