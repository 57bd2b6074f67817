require ["fileinto", "imap4flags", "variables"];
setflag "mine" "\\Seen";
addflag "mine" "$Work";
removeflag "mine" "\\seen";
if hasflag "mine" "$work" { fileinto :flags "${mine}" "Work"; }
