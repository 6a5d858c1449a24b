//! Worlds of classes, claims, volumes, file systems and mounts, one thing broken in each.
