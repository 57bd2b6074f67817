require "imap4flags";
if header :contains "Subject" "flag" { addflag "\\Flagged"; return; }
if header :contains "Subject" "seen" { addflag "\\Seen"; }
