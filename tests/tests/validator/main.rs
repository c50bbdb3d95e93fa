//! The validator on bytes: what it accepts, and each reason for which it refuses.

mod accepted;
mod attacks_a;
mod attacks_b;
mod attacks_c;
mod attacks_d;
mod attacks_e;
mod attacks_f;
mod attacks_g;
mod attacks_h;
mod checks;
mod delta;
mod order;
mod properties;
mod settle;
mod stream;
mod vectors;
mod wire;
