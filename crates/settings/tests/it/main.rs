//! Settings as the composition root loads them: real files in temporary folders.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod references;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod world;
