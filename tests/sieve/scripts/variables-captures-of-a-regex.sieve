require ["fileinto", "variables", "regex"];
if header :regex "Subject" "ticket #([0-9]+)" { fileinto "Tickets/${1}"; }
