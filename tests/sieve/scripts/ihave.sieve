require ["fileinto", "ihave"];
if ihave "imap4flags" { addflag "\\Seen"; }
if ihave ["vacation"] { vacation "away"; } else { fileinto "No vacation"; }
