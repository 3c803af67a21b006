//! Layers: one quality each, around any connector.
