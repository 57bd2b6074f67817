require ["fileinto", "duplicate"];
if duplicate { discard; stop; }
if duplicate :header "X-Event" :handle "alerts" :seconds 3600 :last { fileinto "Repeated"; }
if duplicate :uniqueid "x" { fileinto "Never"; }
