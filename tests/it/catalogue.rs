//! The failure catalogue: each failure that a learner of EC2 meets is met here in a lab, with the real client.
//!
//! An entry is data ([`entry::Entry`]). One proof for all: the client says what it says on AWS, byte for byte; the coach names
//! the mistake and no other, in at most six lines; its cure, copied as it stands, leads to a login that is graded passed.
//! The README's table is made of the same data.

mod entry;
mod lab;
mod prove;
mod table;

use entry::Entry;

/// Modules of entries, each with its proof: an entry that is listed is proved.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $proof:ident = $module:ident,)*) => {
        $(mod $module;)*

        /// Every entry.
        fn all() -> Vec<&'static Entry> {
            [$($module::ENTRIES,)*].concat()
        }

        $(#[test] fn $proof() { prove::prove($module::ENTRIES); })*
    };
}

catalogue! {
    packets_that_are_dropped_are_a_timeout = silence,
    a_key_file_that_others_can_read_is_ignored = permissions,
    another_user_or_another_key_is_permission_denied = denied,
    a_host_key_that_is_not_accepted_ends_it_before_a_user_is_named = hosts,
    a_mangled_key_file_is_named_by_how_it_is_mangled = mangled,
    an_agents_keys_are_offered_first = agent,
    a_client_of_the_sha1_era_is_turned_away = old,
    a_command_that_stops_at_home_reaches_nobody = line,
    a_key_that_is_lost_locked_or_no_key_is_told_apart = keys,
    plink_wants_a_ppk_and_says_so_in_its_own_words = putty,
    scp_says_what_its_ssh_says_and_then_that_it_ended = copies,
    a_key_pairs_name_is_not_a_files_and_belongs_to_one_region = names,
}
