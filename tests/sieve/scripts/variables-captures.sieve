require ["fileinto", "variables"];
if header :matches "List-Id" "*<*.lists.example.org>" { fileinto "Lists/${2}"; stop; }
if header :matches "Subject" "[*] *" { set "tag" "${1}"; fileinto "Tags/${tag}"; stop; }
if address :localpart :matches "To" "ann-*" { fileinto "Ann/${1}"; }
