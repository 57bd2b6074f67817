require ["fileinto", "encoded-character"];
if header :contains "Subject" "$${hex:24 24}" { fileinto "Money"; }
elsif header :contains "Subject" "${unicode:20AC}${hex: 20 35}" { fileinto "Euro"; }
elsif header :is "Subject" "${hex:zz} ${unicode:}" { fileinto "As it stands"; }
