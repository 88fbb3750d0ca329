//! Which file systems lie on a network: SQLite's write-ahead log needs memory that all processes share, and locks that
//! hold.

use std::{io, path::Path};

/// The name of a network file system, if the path is on one.
#[cfg(target_os = "linux")]
pub(crate) fn network_kind(path: &Path) -> io::Result<Option<&'static str>> {
    Ok(classify(rustix::fs::statfs(path)?.f_type as u64))
}

/// Elsewhere nobody can tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn network_kind(_: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// Looks up the number by which Linux knows a kind of file system: `linux/magic.h` and statfs(2), for Lustre its own
/// `lustre_user.h`. FUSE is among them because most of what it serves is remote (sshfs, blobfuse, s3fs), and the rest
/// has no shared memory either.
#[cfg(target_os = "linux")]
fn classify(magic: u64) -> Option<&'static str> {
    // A 32-bit system sign-extends the number.
    match magic & 0xFFFF_FFFF {
        0x6969 => Some("NFS"),
        0x517B => Some("SMB"),
        0xFF53_4D42 => Some("CIFS"),
        0xFE53_4D42 => Some("SMB2"),
        0x0102_1997 => Some("9P"),
        0x5346_414F | 0x6B41_4653 => Some("AFS"),
        0x7375_7245 => Some("Coda"),
        0x564C => Some("NCP"),
        0x00C3_6400 => Some("Ceph"),
        0x0BD0_0BD0 => Some("Lustre"),
        0x0116_1970 => Some("GFS2"),
        0x7461_636F => Some("OCFS2"),
        0x4750_4653 => Some("GPFS"),
        0xAAD7_AAEA => Some("PanFS"),
        0x6573_5546 => Some("FUSE"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers() {
        let network = [
            0x6969,
            0x517B,
            0xFF53_4D42,
            0xFE53_4D42,
            0x0102_1997,
            0x5346_414F,
            0x6B41_4653,
            0x00C3_6400,
            0x0BD0_0BD0,
            0x0116_1970,
            0x7461_636F,
            0x6573_5546,
        ];
        for magic in network {
            assert!(classify(magic).is_some(), "{magic:#x}");
        }
        assert_eq!(classify(0xFFFF_FFFF_FF53_4D42), Some("CIFS"), "sign-extended");
        let (ext4, btrfs, xfs, tmpfs, overlay, zfs, f2fs) = (
            0xEF53,
            0x9123_683E,
            0x5846_5342,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
            0xF2F5_2010,
        );
        for magic in [ext4, btrfs, xfs, tmpfs, overlay, zfs, f2fs] {
            assert_eq!(classify(magic), None, "{magic:#x}");
        }
    }

    #[test]
    fn a_local_disk_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(network_kind(folder.path()).unwrap(), None);
        assert!(network_kind(&folder.path().join("absent")).is_err());
    }
}
