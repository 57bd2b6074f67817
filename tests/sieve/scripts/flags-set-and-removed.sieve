require ["fileinto", "imap4flags"];
setflag "\\Seen $Todo";
if header :contains "Subject" "important" { removeflag "\\Seen"; addflag "\\Flagged"; }
elsif header :contains "Subject" "plain" { setflag ""; }
