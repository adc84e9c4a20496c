"""What must a key be allowed, so that it may call an operation? One scope for each, in one table."""

READ, ORDERS, LINKS, CHARGES, OPERATIONS = "read", "orders", "links", "charges", "operations"
ANY = ""  # every living key may

# Operation -> scope. A router refuses to be built with an operation that is not in here.
NEEDS: dict[str, str] = {
    "read_key": ANY,
    "create_order": ORDERS,
    "find_orders": READ,
    "read_order": READ,
    "cancel_order": ORDERS,
    "change_order": ORDERS,
    "find_methods": READ,
    "create_payment": CHARGES,
    "create_operation": OPERATIONS,
    "read_operations": READ,
    "read_operation": READ,
    "read_channels": READ,
    "create_link": LINKS,
    "read_links": READ,
    "read_link": READ,
    "read_link_qr": READ,
    "send_link": LINKS,
    "withdraw_link": LINKS,
    "find_saved_cards": READ,
    "remove_saved_card": CHARGES,
    "find_agreements": READ,
    "read_agreement": READ,
    "read_agreement_orders": READ,
    "charge_agreement": CHARGES,
    "end_agreement": CHARGES,
    "find_events": READ,
    "read_event": READ,
}
