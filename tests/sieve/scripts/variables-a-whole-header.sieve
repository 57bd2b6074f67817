require ["fileinto", "variables"];
if header :matches "Subject" "*" { set "subject" "${1}"; }
if string :contains "${subject}" "tea" { fileinto "Tea"; }
elsif string :is "${subject}" "" { fileinto "Without subject"; }
