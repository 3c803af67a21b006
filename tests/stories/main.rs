//! What people do with the product, through its front door, on both databases.

#![cfg(test)]

mod access;
mod census;
mod consent;
mod crash;
mod demo;
mod keys;
mod lifecycle;
mod operations;
mod progress;
mod two_organizations;
