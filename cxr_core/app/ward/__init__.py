"""The ward's part of Diagnose: the worklist of what the node received, and the reader's decision on a film of it."""
