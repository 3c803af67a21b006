//! Boots the product and the simulator and speaks HTTP to both, as any client would.
