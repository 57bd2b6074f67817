require ["fileinto", "date", "variables", "mailbox"];
if currentdate :matches "year" "*" { set "year" "${1}"; }
if currentdate :matches "month" "*" { set "month" "${1}"; }
if header :contains "Subject" "invoice" { fileinto :create "Invoices/${year}/${month}"; stop; }
if date :matches "Date" "date" "*-*-*" { fileinto :create "Archive/${1}-${2}"; }
