require ["fileinto", "include"];
include :personal "included-flags";
include :once "included-flags";
include :optional "no-such-script";
include :global "site-wide";
if header :contains "Subject" "end" { fileinto "End"; }
