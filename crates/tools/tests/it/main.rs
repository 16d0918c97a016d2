//! The tools against real files and a real shell.

mod answer;
mod bash;
mod editing;
mod media;
mod reading;
mod rig;
mod schemas;
mod search;
mod tasks;
