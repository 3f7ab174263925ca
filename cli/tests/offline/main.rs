//! The commands that work on recorded counts, as people and scripts call them.

mod backtest;
mod called;
mod document;
mod files;
mod judge;
mod vectors;
mod words;
