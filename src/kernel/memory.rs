//! Memory is asked for in pieces that grow with what is there.
//!
//! The allocator asks for a page or two whenever it needs them. Each time JavaScript gets a new view of
//! the whole memory, and after some hundred of them it collects garbage: a partition of 100 MiB spent
//! most of its time on that.

#[cfg(target_arch = "wasm32")]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below that many pages of 64 KiB a partition stays as small as it can: copies of it are copies of its
/// memory.
#[cfg(target_arch = "wasm32")]
const SMALL: usize = 64;

/// Where the memory has grown since the last call, has it grow by an eighth more, at once.
#[cfg(target_arch = "wasm32")]
pub fn make_room() {
    static PAGES: AtomicUsize = AtomicUsize::new(SMALL);
    let pages = core::arch::wasm32::memory_size::<0>();
    if PAGES.load(Ordering::Relaxed) < pages {
        // What is given back is not given back to the system: the allocator keeps it at hand.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(pages << 13)));
        PAGES.store(core::arch::wasm32::memory_size::<0>(), Ordering::Relaxed);
    }
}

/// Elsewhere the system's allocator sees to it.
#[cfg(not(target_arch = "wasm32"))]
pub fn make_room() {}
