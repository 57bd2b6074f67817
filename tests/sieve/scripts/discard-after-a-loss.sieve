require ["fileinto", "envelope", "variables"];
if header :matches "Subject" "*" { set :lower "a" "${1}"; }
if header :is "X" "1" { fileinto "${a}"; }
if header :is "X" "2" { redirect "bob@example.com"; }
if header :is "X" "3" { fileinto "50%"; stop; }
if header :is "X" "4" { fileinto "W"; }
if header :is "X-Spam" "yes" { discard; stop; }
if envelope :is "from" "bob@example.com" { keep; }
discard;
