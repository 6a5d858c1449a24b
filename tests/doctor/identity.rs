//! Worlds of identity, installation, places and the network, one thing broken in each.
