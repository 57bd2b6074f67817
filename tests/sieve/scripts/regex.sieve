require ["fileinto", "regex"];
if header :regex "Subject" "^(Re|Aw): .*(order|bestellung) [0-9]{4}$" { fileinto "Orders"; }
elsif address :regex :localpart "From" "^no.?reply$" { fileinto "Robots"; }
elsif header :regex "Subject" "[[:digit:]]{3}-\\<x\\>" { fileinto "Numbers"; }
elsif header :regex "Subject" "(a)\\1" { fileinto "Back reference"; }
