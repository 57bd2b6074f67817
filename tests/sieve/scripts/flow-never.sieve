require ["fileinto", "imap4flags"];
# Old
if false { discard; }
if true { addflag "$Work"; } elsif header :is "Subject" "x" { fileinto "X"; } else { keep; }
if header :is "Subject" "y" { fileinto "Y"; addflag "$Late"; }
