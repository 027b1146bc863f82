"""The ward: what the node received, as a worklist for readers, a comparison with their reports, and a monitor."""
