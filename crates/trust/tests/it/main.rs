//! Trust and git, tried on real repositories.

#[cfg(test)]
mod git;
#[cfg(test)]
mod places;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod trusting;
