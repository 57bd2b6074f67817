require ["fileinto", "variables", "relational", "comparator-i;ascii-numeric"];
set "a" "Tea";
if string :is "${a}" "tea" { fileinto "Is"; }
if string :matches "${a}" "T*" { fileinto "Rest ${1}"; }
if string :value "gt" :comparator "i;ascii-numeric" "10" "9" { fileinto "More"; }
if not string :contains "${a}" "x" { fileinto "No x"; }
